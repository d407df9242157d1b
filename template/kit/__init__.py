"""What the service is built with; `kit/README.md` says what an owner may rely on."""
