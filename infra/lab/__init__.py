"""Throwaway hosts on this machine, to rehearse deployments, failures and repairs before real servers see them."""
