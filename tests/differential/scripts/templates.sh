#!/bin/sh
for template in /etc/templates/*.tmpl; do
  [ -e "$template" ] || continue
  out="/etc/app/$(basename "${template%.tmpl}")"
  envsubst '$HOST $PORT ${NAME}' < "$template" > "$out" || exit 1
done

cat > /etc/app/main.conf <<EOF
listen ${LISTEN:-0.0.0.0}:${PORT:=80}
name   $(hostname -f 2>/dev/null || echo "localhost")
root   \$document_root
EOF
cat >> /etc/app/main.conf <<'EOF'
raw ${kept} $(as it) `is`
EOF
exec appd -c /etc/app/main.conf
