# MemoryShort: a process holds nearly all memory and asks for no more. MemAvailable is at a few per cent and the pressure figures stay at 0.
PROBLEM=MemoryShort
fault() { pod holder $(program memory.py 70); holder=$!; }
shown() { [ "$(meminfo MemAvailable)" -lt $((90 * 1024)) ]; }
undo() { kill -9 "$holder" || true; }
gone() { [ "$(meminfo MemAvailable)" -gt $((500 * 1024)) ]; }
evidence() { memory; pressure; }
