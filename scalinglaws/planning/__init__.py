"""Draws x budget -> Plan, and what every published law would do with the same budget."""
