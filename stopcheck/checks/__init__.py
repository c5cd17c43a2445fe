"""One module a rule: `check(case)` yields its violations; it is loaded where a stop has a cause of that rule."""
