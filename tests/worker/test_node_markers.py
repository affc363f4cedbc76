"""What only the node knows goes where its marker stands, and nowhere else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recast.worker.failure import Failure
from recast.worker.markers import ATTEMPT, IMAGE, fill

WORDS = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=30)
PATHS = st.text(st.characters(exclude_characters='\0,"\n', exclude_categories=("Cs",)), max_size=30).map("/{}".format)


@given(words=st.lists(WORDS), image=PATHS, attempt=PATHS)
def test_what_holds_no_marker_stays(words, image, attempt):
    assert fill({"argv": words, "name": "x"}, image, attempt) == {"argv": words, "name": "x"}


@given(parts=st.lists(st.one_of(WORDS, st.sampled_from([IMAGE, ATTEMPT]))), image=PATHS, attempt=PATHS)
def test_each_marker_is_replaced_wherever_it_stands(parts, image, attempt):
    wanted = "".join({IMAGE: image, ATTEMPT: attempt}.get(part, part) for part in parts)
    assert fill({"argv": ["".join(parts)]}, image, attempt)["argv"] == [wanted]


@given(word=WORDS)
def test_what_is_put_in_is_not_looked_through_again(word):
    assert fill({"argv": [IMAGE + word]}, "image", "attempt")["argv"] == ["image" + word]


def test_the_words_of_a_user_are_never_taken_for_markers():
    assert fill({"argv": ["image", "${image}", "{image}"]}, "/x", "/y")["argv"] == ["image", "${image}", "{image}"]


def test_every_command_is_filled_and_the_entry_itself_stays():
    entry = {"name": "podman", "argv": [IMAGE], "cleanup": [ATTEMPT], "inspect": [], "cgroup": False}
    assert fill(entry, "i", "/a") == {**entry, "argv": ["i"], "cleanup": ["/a"]}
    assert entry["argv"] == [IMAGE]


@pytest.mark.parametrize("folder", ["/a,b", '/a"b', "/a\nb"])
def test_a_folder_cannot_begin_another_mount_option(folder):
    with pytest.raises(Failure, match="comma") as caught:
        fill({"argv": [f"type=bind,source={ATTEMPT}/in,ro"]}, "/i", folder)
    assert caught.value.kind == "infrastructure"
    assert fill({"argv": ["--bind", ATTEMPT]}, "/i", folder)["argv"] == ["--bind", folder]


def test_a_stray_nul_is_no_argument():
    with pytest.raises(Failure, match="NUL"):
        fill({"argv": ["\0other\0"]}, "/i", "/a")


def test_the_driver_and_the_node_agree_on_the_markers():
    from recast.executors.batch import task

    assert (task.IMAGE, task.ATTEMPT) == (IMAGE, ATTEMPT)
