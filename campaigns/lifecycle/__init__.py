"""A campaign from draft to live to ended, by hand, by date or when its budget is spent."""
