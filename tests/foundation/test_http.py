"""The front door answers, and errors have the house's form."""

import httpx2


async def test_an_unknown_path_under_v1_is_problem_json(http: httpx2.AsyncClient) -> None:
    reply = await http.get("/v1/nothing")
    assert reply.status_code == 404
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.json()["code"] == "not_found"


async def test_health_is_ok(http: httpx2.AsyncClient) -> None:
    assert (await http.get("/healthz")).text == "ok"
