"""Settings, read once from the environment, mounted secrets and .env files."""

from kit.settings.reading import SettingsByClass, get_settings, read_settings
from kit.settings.settings import Settings
from kit.settings.sources import BaseSettings, Environment, SettingsError

__all__ = [
    "BaseSettings",
    "Environment",
    "Settings",
    "SettingsByClass",
    "SettingsError",
    "get_settings",
    "read_settings",
]
