"""files.*: uploading in three steps, as Slack asks for since 2025."""

from __future__ import annotations

import mimetypes
import secrets
from typing import Any

from handlers.rehearsal.slack_blocks import accept_blocks
from handlers.rehearsal.slack_methods import Arguments, Caller, joined_channel, method
from handlers.rehearsal.slack_model import Json, Message, SlackError, new_id
from handlers.rehearsal.slack_text import posted_text
from handlers.rehearsal.workspace import Workspace


@method("files.getUploadURLExternal", "files:write")
def get_upload_url(workspace: Workspace, caller: Caller, arguments: Arguments) -> Json:
    name, length = arguments.need("filename", "length")
    if not length.isdigit() or int(length) == 0:
        raise SlackError("invalid_arguments")
    ticket, file_id = secrets.token_urlsafe(16), new_id("F")
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    workspace.save_file(
        {
            "id": file_id,
            "created": int(workspace.clock()),
            "timestamp": int(workspace.clock()),
            "name": name,
            "title": name,
            "mimetype": kind,
            "filetype": name.rpartition(".")[2] or "binary",
            "user": caller.user,
            "size": int(length),
            "mode": "hosted",
            "is_external": False,
            "is_public": False,
            "alt_txt": arguments.text("alt_txt"),
            "channels": [],
            "url_private": f"{workspace.address}/files-pri/{workspace.team.id}-{file_id}/{name}",
            "url_private_download": f"{workspace.address}/files-pri/{workspace.team.id}-{file_id}/download/{name}",
            "permalink": f"{workspace.address}/files/{caller.user}/{file_id}/{name}",
            "ticket": ticket,
            "state": "waiting",
        }
    )
    return {"upload_url": f"{workspace.address}/upload/v1/{ticket}", "file_id": file_id}


@method("files.completeUploadExternal", "files:write")
def complete_upload(workspace: Workspace, caller: Caller, arguments: Arguments) -> Json:
    given = arguments.json("files")
    if not isinstance(given, list) or not given:
        raise SlackError("invalid_arguments")
    files = []
    for entry in given:
        file = workspace.files.get(str(entry.get("id")))
        if file is None or file["user"] != caller.user:
            raise SlackError("file_not_found")
        if file["state"] == "waiting":
            raise SlackError("file_upload_not_complete")
        file["title"] = entry.get("title") or file["title"]
        files.append(file)
    where = arguments.words("channels") or arguments.words("channel_id")
    for which in where:
        _share(workspace, caller, arguments, which, files)
    return {"files": [_shown(file) for file in files]}


def _share(workspace: Workspace, caller: Caller, arguments: Arguments, which: str, files: list[Json]) -> None:
    channel = joined_channel(workspace, caller, which)
    for file in files:
        file["channels"] = [*file["channels"], channel.id]
        workspace.save_file(file)
    blocks: Any = arguments.json("blocks", "invalid_blocks_format")
    said = Message(
        channel.id,
        workspace.next_ts(),
        caller.user,
        posted_text(arguments.text("initial_comment")),
        accept_blocks(blocks) if blocks else [],
        thread_ts=arguments.text("thread_ts") or None,
        subtype="file_share",
        files=[_shown(file) for file in files],
    )
    if caller.app is not None:
        said.bot_id, said.app_id = caller.app.bot_id, caller.app.id
    workspace.add_message(said)


def _shown(file: Json) -> Json:
    return {name: value for name, value in file.items() if name not in {"ticket", "state"}}


@method("files.info", "files:read")
def info(workspace: Workspace, _caller: Caller, arguments: Arguments) -> Json:
    file = workspace.files.get(arguments.text("file"))
    if file is None:
        raise SlackError("file_not_found")
    return {"file": _shown(file), "comments": [], "response_metadata": {"next_cursor": ""}}


@method("files.delete", "files:write")
def delete(workspace: Workspace, caller: Caller, arguments: Arguments) -> Json:
    file = workspace.files.get(arguments.text("file"))
    if file is None:
        raise SlackError("file_not_found")
    if file["user"] != caller.user:
        raise SlackError("cant_delete_file")
    workspace.drop_file(file["id"])
    return {}
