"""What a customer wants done after the sale: read from his words and his records, kept as a plan over turns.

Comes in: a message, the customer's orders, products and account as facts. Goes out: goals. Calls no tool and words
nothing.
"""
