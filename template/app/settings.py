"""The settings of the service: what every service has, and yours.

Another default is a line in `Settings`; settings of a resource or of a feature are best in a `settings.py` beside it.
"""

import kit.settings


class Settings(kit.settings.Settings):
    """What every service has, with the defaults of this one."""
