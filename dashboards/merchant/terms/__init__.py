"""The terms as a form: presets, rules in order, selling prices, last month, new versions."""
