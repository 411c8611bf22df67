"""Policy: what rules may read and decide in this twin, and (in phase DECIDE) what becomes of their decisions."""
