"""The monthly statement: what was used, when, on whose surplus and at which price.

Pure functions make it of ledger rows and journal entries; renderers draw it as PDF, HTML or CSV;
each file carries the signed figures and verifies itself. Reads no database and switches nothing.
"""
