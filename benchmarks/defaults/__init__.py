"""Which defaults are right: settings of the module and their rivals, over fleets, traffic and shortages."""
