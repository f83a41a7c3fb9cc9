"""The proof of the money: random histories through the API beside a model of the written rules."""
