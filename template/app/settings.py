"""The settings of the service.

Here you can change the kit's defaults and add general settings; those of a resource go into a `settings.py` beside it.
"""

import kit.settings


class Settings(kit.settings.Settings):
    """The settings of every service, with the defaults of this one."""
