"""The records of a prepared data set: listed by the frames of a shard alone, read one at a time."""

import struct
from collections.abc import Iterator

from seg_models import errors, example_message, raw_files, records
from seg_models.tfds import files

# Of a TFRecord: length and its checksum before the record, its own checksum behind it.
FRAME_HEADER, FRAME_END = 12, 4
# So many records are listed one by one, however short the file was cut.
FEW = 1 << 20


def places(prepared: files.Prepared, shard: files.Shard) -> Iterator[int]:
    """Where each record of a shard is: its offset in a TFRecord file, its number in an ArrayRecord file.

    A record that a truncated file lacks has a place too; reading it fails.
    """
    size, _ = raw_files.stamp(shard.path)
    if shard.records > max(size, FEW):
        told = f"{shard.records} records in {size} bytes"
        raise errors.UserError(f"{shard.path}: {prepared.folder} tells of {told}. Prepare the data set again.")
    if prepared.file_format == files.ARRAY_RECORD:
        yield from range(shard.records)
        return
    with raw_files.open(shard.path) as file:
        offset = 0
        for _ in range(shard.records):
            yield offset
            file.seek(offset)
            header = file.read(FRAME_HEADER)
            if len(header) == FRAME_HEADER:
                offset += FRAME_HEADER + struct.unpack_from("<Q", header)[0] + FRAME_END


def read(path: str, file_format: str, place: int) -> dict[str, list]:
    """One record: flat feature name -> its values.

    Raises:
      DataError: it is truncated or a checksum is wrong.
      UserError: the package that reads this format is not installed.
    """
    if file_format == files.ARRAY_RECORD:
        return example_message.parsed(_array_record(path, place))
    broken = f"{path}: the record at byte {place} is truncated or corrupt. Prepare the data set again."
    with raw_files.open(path) as file:
        try:
            file.seek(place)
            record = next(records.read(file, path), None)
        except (errors.DataError, OverflowError, MemoryError):
            raise errors.DataError(broken) from None
    if record is None:
        raise errors.DataError(broken)
    return example_message.parsed(record)


def _array_record(path: str, place: int) -> bytes:
    try:
        from array_record.python import array_record_module
    except ImportError:
        raise errors.UserError(
            f"{path}: reading array_record files needs the package `array_record` (pip install array_record). "
            "Or prepare the data set with file_format='tfrecord', the default of TensorFlow Datasets."
        ) from None
    try:
        reader = array_record_module.ArrayRecordReader(path)
        try:
            return reader.read([place])[0]
        finally:
            reader.close()
    except (ValueError, IndexError, RuntimeError) as error:
        text = f"{path}: record {place} cannot be read ({error}). Prepare the data set again."
        raise errors.DataError(text) from None
