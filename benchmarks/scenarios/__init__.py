"""All scenarios, in the order of the report."""

from . import append, changes, command_line, decode, file_list, read, row_changes, scan, upkeep, write

SCENARIOS = {
    scenario.name: scenario
    for module in (write, append, row_changes, read, decode, scan, changes, file_list, upkeep, command_line)
    for scenario in module.SCENARIOS
}
