"""Draws x budget -> Plan, and the same budget by every published law."""
