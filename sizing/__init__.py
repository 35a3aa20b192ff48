"""From a brief to a capacity plan. Pure: no network, no subprocess, no clock."""
