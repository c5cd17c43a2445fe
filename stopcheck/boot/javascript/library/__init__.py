"""What JavaScript and Node.js bring, as far as it matters for how a program waits."""
