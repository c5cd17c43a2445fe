"""One module a rule: `check(case)` yields its violations. They are found by walking the package."""
