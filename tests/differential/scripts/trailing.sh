exec app --flag "value" \
