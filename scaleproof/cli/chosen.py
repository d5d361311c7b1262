"""What `scaleproof choose` prints for one endpoint."""

from __future__ import annotations

from collections.abc import Sequence

from scaleproof.cli import output
from scaleproof.scaling.endpoint import Kind
from scaleproof.studies.choose import Choice


def notes_on(
    choice: Choice, has_model: str | None, s3_output_path: str | None, model_package_arn: str | None
) -> list[str]:
    """What the user still has to do."""
    found = []
    best = choice.best
    if best.misses:
        found.append("No settings do what was asked: these come nearest.")
    if not has_model:
        found.append("Put your own image or model package into the block.")
    if best.proposal.kind is Kind.ASYNC and not s3_output_path:
        found.append("Put a bucket of your own into s3_output_path.")
    if best.proposal.kind is Kind.ASYNC and model_package_arn:
        found.append("Deepgram says that its Marketplace packages cannot be deployed asynchronously for now.")
    return found


def print_choice(choice: Choice, text: str, notes: Sequence[str]) -> None:
    """Prints the answer, the runners-up, and the block `text`."""
    screen = output.console()
    screen.print(choice.headline, style="bold")
    table = output.new_table("What decides", "Limit", "Yours", "So", "Leaves")
    for reason in choice.reasons:
        left = {Kind.REALTIME: "asynchronous", Kind.ASYNC: "real-time", None: ""}[reason.rules_out]
        table.add_row(reason.limit, reason.yours, reason.meaning, left)
    screen.print(table)
    kept = sum(1 for one in choice.best.outcomes if one.verdict.level == "holds")
    seeds = f"It holds on {kept} of {len(choice.best.outcomes)} seeds."
    if choice.flapping:
        screen.print(choice.flapping)
    screen.print(choice.best.told, style="bold")
    screen.print(f"{choice.best.outcome.verdict.sentence} {seeds}")
    if choice.unseen.seeds:
        screen.print(choice.unseen.sentence)
    screen.print(choice.schedules.sentence)
    screen.print(output.table_of("Proposal and runners-up", choice.rows))
    for sentence in choice.best.outcome.beneath:
        screen.print(sentence)
    for note in notes:
        screen.print(note)
    screen.print()
    # Not wrapped and not coloured.
    output.say(text)
