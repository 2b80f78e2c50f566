"""views.*: modals and App Home."""

from __future__ import annotations

from typing import Any

from handlers.rehearsal.slack_methods import Arguments, Caller, method
from handlers.rehearsal.slack_model import App, Json, SlackError, View
from handlers.rehearsal.slack_payloads import view_json
from handlers.rehearsal.workspace import Workspace


def _app(caller: Caller) -> App:
    if caller.app is None:
        raise SlackError("not_allowed_token_type")
    return caller.app


def _given(arguments: Arguments) -> Any:
    arguments.need("view")
    return arguments.json("view", "invalid_arguments")


def _trigger(arguments: Arguments) -> str:
    return (
        arguments.text("trigger_id")
        or arguments.text("interactivity_pointer")
        or arguments.need("trigger_id")[0]
    )


def _shown(workspace: Workspace, view: View, app: App) -> Json:
    return {"view": view_json(view, app, workspace.team)}


@method("views.open", kinds=("bot",))
def views_open(workspace: Workspace, caller: Caller, arguments: Arguments) -> Json:
    app = _app(caller)
    return _shown(workspace, workspace.open_modal(app, _trigger(arguments), _given(arguments)), app)


@method("views.push", kinds=("bot",))
def views_push(workspace: Workspace, caller: Caller, arguments: Arguments) -> Json:
    app = _app(caller)
    return _shown(
        workspace, workspace.open_modal(app, _trigger(arguments), _given(arguments), push=True), app
    )


@method("views.update", kinds=("bot",))
def views_update(workspace: Workspace, caller: Caller, arguments: Arguments) -> Json:
    app = _app(caller)
    given = _given(arguments)
    view = workspace.find_view(app, arguments.text("view_id"), arguments.text("external_id"))
    return _shown(workspace, workspace.update_modal(app, view, given, arguments.text("hash")), app)


@method("views.publish", kinds=("bot",))
def views_publish(workspace: Workspace, caller: Caller, arguments: Arguments) -> Json:
    app = _app(caller)
    (user,) = arguments.need("user_id")
    if user not in workspace.people:
        raise SlackError("user_not_found")
    return _shown(
        workspace, workspace.publish_home(app, user, _given(arguments), arguments.text("hash")), app
    )
