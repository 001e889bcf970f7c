"""A table in a file that several processes add rows to."""

import csv
import fcntl

import measure
import project


class Table:
    def __init__(self, path, columns):
        self.path, self.columns = path, columns
        self.read()

    def read(self):
        self.rows = []
        if self.path.is_file():
            with open(self.path, newline="") as file:
                self.rows = list(csv.DictReader(file, delimiter="\t"))

    def add(self, *rows):
        """Another process may be adding rows as well."""
        with open(project.PROJECT / ".cache" / (self.path.name + ".lock"), "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.read()
            self._add(rows)

    def _add(self, rows):
        self.rows += [{column: measure.cell(row.get(column)) for column in self.columns} for row in rows]
        lines = [self.columns] + [[row[column] for column in self.columns] for row in self.rows]
        new = self.path.with_suffix(".new")
        new.write_text("".join("\t".join(line) + "\n" for line in lines))
        new.replace(self.path)

    def find(self, **values):
        return [row for row in self.rows if all(row[name] == str(value) for name, value in values.items())]
