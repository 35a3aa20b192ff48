# Written by underdesk. A shell that was left open signs out after an hour without a key pressed; a command that runs is not touched.
TMOUT=3600
export TMOUT
# A program that crashes leaves no copy of its memory.
ulimit -c 0
