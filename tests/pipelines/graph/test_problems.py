from pipelines.graph.problems import Problem


def test_says_where_and_what() -> None:
    problem = Problem("edges[0]", "leads nowhere")

    assert str(problem) == "edges[0]: leads nowhere"
    assert problem.as_dict() == {"where": "edges[0]", "message": "leads nowhere"}
