"""Bringing a client book in from a spreadsheet.

A file goes through these modules in order: `reading` (bytes → headings and rows, how it is written), `mapping` (headings →
attributes, names → users), `rows` (cells → values, or what is wrong with them), `matching` (which client a row is about),
`batches` (what a person decides, then starts), `applying` (the job), `report`, `undo`.
"""
