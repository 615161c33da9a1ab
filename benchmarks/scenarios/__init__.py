"""All scenarios, in the order of the report."""

from . import append, command_line, file_list, read, scan, write

SCENARIOS = {
    scenario.name: scenario
    for module in (write, append, read, scan, file_list, command_line)
    for scenario in module.SCENARIOS
}
