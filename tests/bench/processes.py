"""What a tree of processes has used so far, read from /proc."""

import os
import pathlib

TICKS = os.sysconf("SC_CLK_TCK")


def stat(pid):
    """The fields of /proc/PID/stat behind the name, and the name."""
    text = pathlib.Path(f"/proc/{pid}/stat").read_text()
    name = text[text.index("(") + 1 : text.rindex(")")]
    return name, text[text.rindex(")") + 2 :].split()


def tree(roots):
    """{pid: name} of `roots` and all that descend from them."""
    children, names = {}, {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            name, fields = stat(entry)
        except OSError:
            continue  # it has ended meanwhile
        names[int(entry)] = name
        children.setdefault(int(fields[1]), []).append(int(entry))
    found, todo = {}, list(roots)
    while todo:
        pid = todo.pop()
        if pid in names and pid not in found:
            found[pid] = names[pid]
            todo.extend(children.get(pid, []))
    return found


def cpu_seconds(roots):
    """CPU time of the tree, with that of children which ended and were waited for."""
    total = 0
    for pid in tree(roots):
        try:
            _, fields = stat(pid)
        except OSError:
            continue
        total += sum(int(value) for value in fields[11:15])
    return total / TICKS


def private_dirty_kib(pids):
    """Memory that exists only because these processes do."""
    total = 0
    for pid in pids:
        try:
            text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("Private_Dirty:"))
    return total
