"""What the sum over observations stands for."""
