"""Fault drills: the product's own processes under faults that production will bring, and what must still be true afterwards.

`bin/drill` runs them all, `bin/drill NAME` one, `bin/drill --full` at the sizes the promises are made for. Tests run a short form of each.
"""
