"""The frame that every page hangs in: places, macros, charts, icons, messages, menu and switch."""
