"""The folder `.conversion` beside unfinished records: what is to be done, what is done, and whose turn it is.

    run                     the token of the conversion at work; another token, or none, and its workers stop
    items-SHARD.pickle      the items of a shard, which are too many to travel in a job's description
    done-SHARD.json         the account of a finished shard, written after the shard itself
    failed                  the reason of the worker that stopped all others
"""

import dataclasses
import hashlib
import json
import pickle
from collections.abc import Mapping, Sequence

from components import storage
from seg_models import listing, manifest

FOLDER = ".conversion"


@dataclasses.dataclass(frozen=True)
class Task:
    """One shard to convert.

    Attributes:
      split: of its items.
      index: its place among the `count` shards of the split.
      count: see there.
      items: how many they are.
      fingerprint: of their source files (`listing.fingerprint_of`).
    """

    split: str
    index: int
    count: int
    items: int
    fingerprint: str

    @property
    def shard(self) -> str:
        """The name of the record file in the split's folder."""
        return manifest.shard_name(self.index, self.count)

    @property
    def name(self) -> str:
        """Of the shard among those of all splits."""
        return f"{self.split}-{self.shard}"


@dataclasses.dataclass(frozen=True)
class WorkFolder:
    """What the driver and its workers, perhaps on other machines, tell each other.

    Attributes:
      output_dir: the folder of the records.
      run: the token of this conversion.
      rules: of what is skipped; where the rules change, shards that left something out are done again.
    """

    output_dir: str
    run: str
    rules: str

    def plan(self, tasks: Sequence[Task], splits: Mapping[str, manifest.SplitManifest]) -> str:
        """A hash of all that decided what was written, the rules too where anything was left out."""
        rules = self.rules if any(split.skipped for split in splits.values()) else ""
        named = [(task.name, task.fingerprint) for task in tasks]
        return hashlib.sha256(json.dumps([rules, named]).encode()).hexdigest()

    def finished(self) -> manifest.Manifest | None:
        """The manifest of a finished conversion; None where there is none that can be read."""
        path = storage.join(self.output_dir, manifest.FILE)
        try:
            return manifest.from_json(storage.read(path).decode()) if storage.exists(path) else None
        except (ValueError, KeyError, TypeError):
            return None

    def has_shards_of(self, finished: manifest.Manifest) -> bool:
        """Whether the shards in the folder are those of the manifest, of the sizes that they should have."""
        expected = {
            f"{split}-{shard.name}": shard.size for split, part in finished.splits.items() for shard in part.shards
        }
        return self._sizes() == expected

    def take_over(self, tasks: dict[Task, Sequence[listing.Listed]]) -> None:
        """Makes this conversion the one at work, with these tasks."""
        storage.write(self._path("run"), self.run.encode())
        storage.delete([self._path("failed")])
        for split in {task.split for task in tasks}:
            storage.make_folder(storage.join(self.output_dir, manifest.split_folder(split)))
        for task, entries in tasks.items():
            storage.write(self._path(f"items-{task.name}.pickle"), pickle.dumps(entries))

    def is_at_work(self) -> bool:
        """Whether nothing and nobody stopped this conversion."""
        path = self._path("run")
        return storage.exists(path) and storage.read(path) == self.run.encode()

    def stop(self, reason: str = "") -> None:
        """Makes the workers stop after the image they have in hand."""
        if reason:
            storage.write(self._path("failed"), reason.encode())
        storage.write(self._path("run"), b"")

    def failure(self) -> str:
        """Why a worker stopped all others; "" if none did."""
        path = self._path("failed")
        return storage.read(path).decode() if storage.exists(path) else ""

    def entries(self, task: Task) -> Sequence[listing.Listed]:
        """The items of a task."""
        return pickle.loads(storage.read(self._path(f"items-{task.name}.pickle")))

    def shard_path(self, task: Task) -> str:
        """Where the finished shard lies."""
        return storage.join(self.output_dir, manifest.split_folder(task.split), task.shard)

    def partial_path(self, task: Task) -> str:
        """A path for the unfinished shard, which no second attempt shares."""
        return storage.partial_name(self._path(task.name))

    def finish(self, task: Task, part: manifest.SplitManifest) -> None:
        """Writes the account of a shard that is in its place."""
        account = {"fingerprint": task.fingerprint, "rules": self.rules, "part": dataclasses.asdict(part)}
        storage.write(self._path(f"done-{task.name}.json"), json.dumps(account).encode())

    def accounted(self) -> set[str]:
        """The names of the tasks with an account, true or not."""
        paths = storage.files(storage.join(self.output_dir, FOLDER), "done-*.json")
        return {_name(path).removeprefix("done-").removesuffix(".json") for path in paths}

    def accounts(self, tasks: Sequence[Task]) -> dict[Task, manifest.SplitManifest]:
        """The accounts of those tasks whose shards are whole and still what they would be."""
        named, sizes = self.accounted(), self._sizes()
        parts = {task: self._account(task) for task in tasks if task.name in named}
        return {task: part for task, part in parts.items() if part and sizes.get(task.name) == part.shards[0].size}

    def clear(self, kept: Sequence[Task] = ()) -> None:
        """Removes what an earlier conversion left, finished or killed, but for shards and accounts of some tasks."""
        # The manifest goes first: from here on the folder is not whole.
        storage.delete([storage.join(self.output_dir, manifest.FILE)])
        names = {task.name for task in kept}
        found = storage.files(storage.join(self.output_dir, manifest.split_folder("*")))
        shards = {path for path in found if manifest.is_shard_name(_name(path))}
        storage.delete([path for path in shards if _shard_name(path) not in names])
        accounts = {f"done-{name}.json" for name in names}
        left = storage.files(storage.join(self.output_dir, FOLDER))
        storage.delete([path for path in left if _name(path) not in accounts])

    def close(self, result: manifest.Manifest) -> None:
        """Puts the manifest in its place, which makes the folder whole, and tidies up."""
        storage.write(self._path(manifest.FILE), manifest.to_json(result).encode())
        storage.rename(self._path(manifest.FILE), storage.join(self.output_dir, manifest.FILE))
        storage.delete_folder(storage.join(self.output_dir, FOLDER))

    def _path(self, name: str) -> str:
        return storage.join(self.output_dir, FOLDER, name)

    def _account(self, task: Task) -> manifest.SplitManifest | None:
        """The account of a task; None where it is of other items, was written under other rules, or is no account."""
        try:
            account = json.loads(storage.read(self._path(f"done-{task.name}.json")))
            part = manifest.split_of(account["part"])
            same_rules = account["rules"] == self.rules or not part.skipped
            return part if account["fingerprint"] == task.fingerprint and same_rules else None
        except (ValueError, KeyError, TypeError):
            return None

    def _sizes(self) -> dict[str, int]:
        """Name of a task -> size of its shard."""
        found = storage.files(storage.join(self.output_dir, manifest.split_folder("*")))
        return {_shard_name(path): size for path, size in found.items() if manifest.is_shard_name(_name(path))}


def _name(path: str) -> str:
    return path.rsplit("/", 1)[-1]


def _shard_name(path: str) -> str:
    """The name of the task whose shard this is."""
    folder, name = path.rsplit("/", 2)[-2:]
    return f"{folder.removeprefix(manifest.split_folder(''))}-{name}"
