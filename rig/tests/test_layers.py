# SPDX-License-Identifier: GPL-2.0-only
"""Floors and circles of made-up objects."""

import layers


def tables(**files):
    return {name: (set(defined.split()), set(wanted.split()))
            for name, (defined, wanted) in files.items()}


def test_nm_is_understood():
    text = ("0000000000000000 T kexec_refuse\n                 U kimage_free\n"
            "0000000000000010 t load\n0000000000000000 D kexec_image\n"
            "                 U __SCT__tp_func_kexec_step\n0000000000000000 R __tracepoint_kexec_step\n")
    assert layers.symbols(text) == ({"kexec_refuse", "kexec_image"}, {"kimage_free"})


def test_files_stand_on_what_they_call():
    height, circle = layers.floors(layers.arrows(tables(
        low=("refuse", "printk"), middle=("place", "refuse"), top=("build", "place refuse"))))
    assert height == {"low": 0, "middle": 1, "top": 2} and not circle


def test_two_that_call_each_other_are_a_circle():
    height, circle = layers.floors(layers.arrows(tables(
        low=("refuse", ""), a=("fa", "fb refuse"), b=("fb", "fa"))))
    assert height == {"low": 0} and set(circle) == {"a", "b"}


def test_a_long_circle_and_what_stands_on_it():
    _, circle = layers.floors(layers.arrows(tables(
        a=("fa", "fb"), b=("fb", "fc"), c=("fc", "fa"), d=("fd", "fa"))))
    assert set(circle) == {"a", "b", "c", "d"}


def test_data_counts_as_well():
    _, circle = layers.floors(layers.arrows(tables(a=("lock", "free"), b=("free", "lock"))))
    assert circle
