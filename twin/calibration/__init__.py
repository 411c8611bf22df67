"""Departments calibrated on a request log: their hours, their hands-on work, their staffing, and what they foretell."""
