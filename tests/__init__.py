"""Tests, mirroring the wings room by room."""
