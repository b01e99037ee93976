"""Bots of other makes to measure beside: they echo, store nothing and understand nothing."""
