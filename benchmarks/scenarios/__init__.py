"""All scenarios, in the order of the report."""

from . import append, command_line, file_list, read, write

SCENARIOS = {
    scenario.name: scenario
    for module in (write, append, read, file_list, command_line)
    for scenario in module.SCENARIOS
}
