"""What data sets share: formats of files and annotations, and how what is read becomes maps and objects."""
