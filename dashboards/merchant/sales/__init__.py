"""Sales: the list, one order with its reasons, the form of the counter."""
