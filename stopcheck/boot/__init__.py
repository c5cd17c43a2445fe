"""PID 1's argv to the processes that stand once the service is up."""
