"""What somebody writes by hand, to compare services with."""
