"""What is there while the container runs, who has made it, and who may write where."""
