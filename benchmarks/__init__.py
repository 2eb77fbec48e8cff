"""One module per claim: ``python -m benchmarks NAME`` prints its figures and writes ``results/NAME.json``."""
