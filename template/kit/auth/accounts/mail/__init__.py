"""Mails to the owners of addresses: verification, forgotten passwords, and changes of the address."""
