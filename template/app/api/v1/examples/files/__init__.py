"""Examples of uploads and downloads, to try out and delete."""
