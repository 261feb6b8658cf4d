"""What is kept on disk. So far: the memory that one scan hands to the next.

Knows files and SQLite; decides nothing and never makes a scan wait.
"""
