"""The platform beside what ``apt install wordpress`` gives: same cores, same content, same theme, one run."""
