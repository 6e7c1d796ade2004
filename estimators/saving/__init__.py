"""Fitted estimators as one file: state as JSON, arrays as safetensors."""
