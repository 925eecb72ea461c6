"""What the audit checks, from its table of rules: docs/audit.md.

python benchmarks/audit_rules.py [--write docs/audit.md]
"""

import argparse
from pathlib import Path

from scalinglaws.auditing.all_rules import GROUPS, RULES
from scalinglaws.auditing.waterfall import waterfall

HEAD = """# The audit

`scalinglaws audit STUDY-or-POINTS` judges a study's folder, or anyone's table of runs, by {many} rules. A rule is
passed, failed or undecided, or it was not run and says which columns it needs. A rule that judges an estimate does so
by its interval: it is undecided where its limit lies inside that interval. A rule that judges a count or another fact
of the table says so. A failed rule gives its numbers, what the failure leads to, how large the failure was where it was
measured, and what to do. `scalinglaws study` audits itself, and its report shows the findings.

Columns are named by their definitions (`scalinglaws import` shows which ones a table has). How runs were trained is
read from `warmup_steps` or `warmup_share`, `planned_steps`, `lr_schedule`, `decay_share`, `lr`, `batch_tokens`,
`weight_decay`, `beta2`, `tuned`, `train_set`, `tokenizer`, `loss_split`, `seed`, `role`, `outcome`. This page is
written by

```
python benchmarks/audit_rules.py --write docs/audit.md
```

In Python: `scalinglaws.audit(points, held_out=..., plans=..., printed=..., target=...)`.
"""


def page() -> str:
    """Write the page from the table of rules."""
    parts = [HEAD.format(many=len(RULES))]
    for letter, title in GROUPS.items():
        parts.append(f"## {letter}. {title}\n")
        parts += [_rule(rule) for rule in RULES.values() if rule.id[0] == letter]
    told = " ".join(waterfall.__doc__.split())
    parts.append(f"## The waterfall\n\n{told}\n")
    return "\n".join(parts)


def _rule(rule) -> str:
    return (
        f"**{rule.id}** ({rule.severity}): {rule.title}.\n\n- When it fails: {rule.fault}.\n"
        f"- Checks: {rule.about}\n"
        f"- Prevents {rule.prevents}. Measured: {rule.size} ({rule.source}).\n"
        f"- {rule.do}\n"
    )


def main():
    """Print the page, or write it to a file."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--write", type=Path, help="file to write instead of printing")
    asked = options.parse_args()
    if asked.write:
        asked.write.write_text(page(), encoding="utf-8")
    else:
        print(page())


if __name__ == "__main__":
    main()
